"""One matrix-nio client, driven over standard input and output: a line of JSON is a command, a line of JSON its answer.
See ../agents.py for the commands. Nothing of the protocol is written here: all of it is nio's own code."""
import asyncio
import hashlib
import json
import logging
import os
import sys

import nio
from nio.crypto.attachments import decrypt_attachment

RETRY_SECONDS = 60


class Agent:
    def __init__(self):
        self.client: nio.AsyncClient | None = None
        self.seen: dict[str, dict] = {}  # event id -> what this client made of it
        self.order: list[str] = []
        self.gaps = 0
        self.verification: str | None = None  # transaction id
        self.emoji: list | None = None
        self.syncing: asyncio.Task | None = None

    # ---- account ----------------------------------------------------------------------------------------------------

    async def start(self, url, name, password, folder, login=False, device_name="nio", user_agent=None, **_):
        headers = {"User-Agent": user_agent} if user_agent else None
        config = nio.AsyncClientConfig(store_sync_tokens=True, encryption_enabled=True, max_limit_exceeded=0,
                                       request_timeout=30, custom_headers=headers)
        self.client = nio.AsyncClient(url, name, store_path=folder, config=config)
        answer = await self.client.login(password, device_name=device_name) if login else \
            await self.client.register(name, password, device_name=device_name)
        if not isinstance(answer, (nio.RegisterResponse, nio.LoginResponse)):
            raise RuntimeError(f"register or log in: {answer}")
        if not login:
            self.client.load_store()
        self.client.add_event_callback(self.on_event, nio.Event)
        self.client.add_response_callback(self.fill_gaps, nio.SyncResponse)
        self.client.add_to_device_callback(self.on_verification, nio.KeyVerificationEvent)
        self.syncing = asyncio.create_task(self.sync_forever())
        return {"user_id": answer.user_id, "device_id": answer.device_id, "token": answer.access_token}

    async def sync_forever(self):
        while True:
            try:
                await self.client.sync_forever(timeout=10000)  # without a filter: the server's own limit of a timeline
            except asyncio.CancelledError:
                raise
            except Exception as error:  # a server that is being killed answers in all ways
                print(f"sync: {error!r}", file=sys.stderr)
                await asyncio.sleep(0.2)

    async def fill_gaps(self, response):
        """What lies between a limited timeline and what was seen before, as an application fetches it."""
        for room_id, joined in response.rooms.join.items():
            position = joined.timeline.prev_batch if joined.timeline.limited else None
            if position:
                self.gaps += 1
            while position:
                ask = lambda start=position: self.client.room_messages(room_id, start, limit=20)
                page = await self.retry(ask, nio.RoomMessagesResponse)
                met = any(event.event_id in self.seen for event in page.chunk)
                for event in page.chunk:
                    self.on_event(self.client.rooms[room_id], event)
                position = None if met or not page.chunk else page.end

    async def pause(self, **_):
        self.syncing.cancel()
        return {}

    async def resume(self, **_):
        self.syncing = asyncio.create_task(self.sync_forever())
        return {}

    async def count_gaps(self, **_):
        return {"gaps": self.gaps}

    def on_event(self, room, event):
        source = event.source
        content = source.get("content", {})
        entry = {"event_id": event.event_id, "room": room.room_id, "sender": event.sender,
                 "type": source.get("type"), "content": content,
                 "encrypted": bool(event.decrypted) or isinstance(event, nio.MegolmEvent),
                 "readable": not isinstance(event, nio.MegolmEvent), "verified": bool(event.verified)}
        if isinstance(event, nio.RedactionEvent):
            entry["redacts"] = event.redacts
        if event.event_id not in self.seen:
            self.order.append(event.event_id)
        self.seen[event.event_id] = entry

    async def retry(self, action, kind):
        """Repeats until the server answers: a client that lost its server tries again, with the same transaction."""
        end = asyncio.get_event_loop().time() + RETRY_SECONDS
        while True:
            try:
                answer = await action()
            except Exception as error:
                answer = error
            if isinstance(answer, kind):
                return answer
            if asyncio.get_event_loop().time() > end:
                raise RuntimeError(f"{answer}")
            await asyncio.sleep(0.1)

    # ---- rooms ------------------------------------------------------------------------------------------------------

    async def create_room(self, invite, **_):
        encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        answer = await self.client.room_create(invite=invite, initial_state=[encryption], name="A room of two",
                                               preset=nio.RoomPreset.private_chat)
        return {"room": answer.room_id}

    async def join(self, room, **_):
        answer = await self.client.join(room)
        if not isinstance(answer, nio.JoinResponse):
            raise RuntimeError(f"join: {answer}")
        return {}

    async def wait_members(self, room, users, **_):
        while True:
            known = self.client.rooms.get(room)
            if known and known.encrypted and set(users) <= set(known.users) and known.members_synced is not None:
                if all(user == self.client.user_id or not known.invited_users.get(user) for user in users):
                    return {}
            await asyncio.sleep(0.02)

    async def put(self, room, kind, content, txn):
        send = lambda: self.client.room_send(room, kind, content, tx_id=txn, ignore_unverified_devices=True)
        answer = await self.retry(send, nio.RoomSendResponse)
        return {"event_id": answer.event_id}

    async def send(self, room, text, txn, **_):
        return await self.put(room, "m.room.message", {"msgtype": "m.text", "body": text}, txn)

    async def edit(self, room, event_id, text, txn, **_):
        return await self.put(room, "m.room.message", {
            "msgtype": "m.text", "body": f"* {text}", "m.new_content": {"msgtype": "m.text", "body": text},
            "m.relates_to": {"rel_type": "m.replace", "event_id": event_id}}, txn)

    async def react(self, room, event_id, key, txn, **_):
        return await self.put(room, "m.reaction", {
            "m.relates_to": {"rel_type": "m.annotation", "event_id": event_id, "key": key}}, txn)

    async def redact(self, room, event_id, txn, **_):
        answer = await self.retry(lambda: self.client.room_redact(room, event_id, tx_id=txn), nio.RoomRedactResponse)
        return {"event_id": answer.event_id}

    async def image(self, room, file, txn, **_):
        answer, keys = await self.client.upload(lambda retries, timeouts: file, content_type="image/png",
                                                filename="picture.png", encrypt=True, filesize=os.path.getsize(file))
        if not isinstance(answer, nio.UploadResponse):
            raise RuntimeError(f"upload: {answer}")
        return await self.put(room, "m.room.message", {
            "msgtype": "m.image", "body": "picture.png", "info": {"mimetype": "image/png"},
            "file": keys | {"url": answer.content_uri}}, txn)

    async def fetch_image(self, event_id, **_):
        file = self.seen[event_id]["content"]["file"]
        answer = await self.client.download(file["url"])
        if not isinstance(answer, nio.MemoryDownloadResponse):
            raise RuntimeError(f"download: {answer}")
        clear = decrypt_attachment(answer.body, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
        return {"sha256": hashlib.sha256(clear).hexdigest(), "stored_sha256": hashlib.sha256(answer.body).hexdigest()}

    async def wait_event(self, event_id, **_):
        while event_id not in self.seen or not self.seen[event_id]["readable"]:
            await asyncio.sleep(0.02)
        return self.seen[event_id]

    async def events(self, room, **_):
        return {"events": [self.seen[event] for event in self.order if self.seen[event]["room"] == room]}

    # ---- verification -----------------------------------------------------------------------------------------------

    async def on_verification(self, event):
        client = self.client
        if isinstance(event, nio.KeyVerificationStart):
            self.verification = event.transaction_id
            await client.accept_key_verification(event.transaction_id)
        elif isinstance(event, nio.KeyVerificationKey):
            self.emoji = [list(pair) for pair in client.key_verifications[event.transaction_id].get_emoji()]
        elif isinstance(event, nio.KeyVerificationCancel):
            print(f"verification cancelled: {event.reason}", file=sys.stderr)

    async def knows_device(self, user, device, **_):
        """nio drops a verification by a device whose keys it has not asked for yet."""
        while device not in self.client.device_store[user]:
            await asyncio.sleep(0.05)
        return {}

    async def verify_start(self, user, device, **_):
        await self.knows_device(user, device)
        await self.client.start_key_verification(self.client.device_store[user][device])
        self.verification = next(iter(self.client.key_verifications))
        return {}

    async def verify_emoji(self, **_):
        while self.emoji is None:
            await asyncio.sleep(0.02)
        return {"emoji": [description for _, description in self.emoji]}

    async def verify_confirm(self, **_):
        await self.client.confirm_short_auth_string(self.verification)
        return {}

    async def is_verified(self, user, device, **_):
        while not self.client.device_store[user][device].verified:
            await asyncio.sleep(0.02)
        return {"verified": True}

    async def call(self, name, arguments, **_):
        """Any method of nio's client that has no command of its own; what it answers, as text."""
        answer = await getattr(self.client, name)(**arguments)
        if isinstance(answer, nio.ErrorResponse):
            raise RuntimeError(f"{name}: {answer}")
        return {"answer": str(answer)}

    async def upload(self, file, content_type, filename, encrypt, **_):
        answer, keys = await self.client.upload(lambda retries, timeouts: file, content_type=content_type,
                                                filename=filename, encrypt=encrypt, filesize=os.path.getsize(file))
        if not isinstance(answer, nio.UploadResponse):
            raise RuntimeError(f"upload: {answer}")
        return {"uri": answer.content_uri, "keys": keys}

    async def put_event(self, room, type, content, txn, **_):
        return await self.put(room, type, content, txn)

    async def stop(self, **_):
        if self.syncing:
            self.syncing.cancel()
        if self.client:
            await self.client.close()
        return {}


async def main():
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    agent = Agent()
    reader = asyncio.StreamReader(limit=2**24)
    await asyncio.get_event_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def work(command):
        try:
            limit = command.get("timeout", 90)
            result = await asyncio.wait_for(getattr(agent, command["do"])(**command.get("with", {})), limit)
            answer = {"id": command["id"], "result": result}
        except Exception as error:
            answer = {"id": command["id"], "error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()

    tasks = set()
    while line := await reader.readline():
        task = asyncio.create_task(work(json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await agent.stop()


asyncio.run(main())
