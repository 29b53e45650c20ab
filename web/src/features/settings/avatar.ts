// A picture of a person or a room: made square and small here, so that nothing of the original's size or place of taking goes out.
import { matrix } from "../../matrix/client.ts";

export async function uploadAvatar(file: File): Promise<string> {
    const bitmap = await createImageBitmap(file);
    const side = Math.min(bitmap.width, bitmap.height), size = Math.min(512, side);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    canvas.getContext("2d")!.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, size, size);
    const blob = await new Promise<Blob>((resolve, reject) => canvas.toBlob((made) => (made ? resolve(made) : reject(new Error("no picture"))), "image/jpeg", 0.85));
    return (await matrix().uploadContent(blob, { type: "image/jpeg", includeFilename: false })).content_uri;
}
