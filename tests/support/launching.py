"""What the launchers of the conformance suites share."""
import ipaddress
import os
import subprocess
import sys
from pathlib import Path

import peyk_config

ROOT = Path(__file__).resolve().parent.parent.parent


def make_certificate(certificate: Path, key: Path, names: list[str], ca: tuple[Path, Path] | None) -> None:
    """A certificate for names and addresses, signed by `ca` (certificate, key) or by itself."""
    entries = []
    for name in dict.fromkeys([*names, "localhost", "127.0.0.1"]):
        try:
            entries.append(f"IP:{ipaddress.ip_address(name.strip('[]'))}")
        except ValueError:
            entries.append(f"DNS:{name}")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "365",
               "-subj", f"/CN={names[0][:64]}", "-addext", f"subjectAltName={','.join(entries)}",
               "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth,clientAuth",
               "-keyout", key, "-out", certificate]
    if ca is None:
        subprocess.run(command, check=True, capture_output=True)
        return
    # Debian 12's openssl req cannot sign with a CA, so: request, then x509 -req.
    request, extensions = certificate.with_suffix(".csr"), certificate.with_suffix(".ext")
    extensions.write_text(f"subjectAltName={','.join(entries)}\nbasicConstraints=critical,CA:FALSE\n"
                          "extendedKeyUsage=serverAuth,clientAuth\n")
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", f"/CN={names[0][:64]}", "-keyout", key, "-out", request], check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", ca[0], "-CAkey", ca[1], "-days", "365",
                    "-set_serial", str(int.from_bytes(os.urandom(8), "big")), "-extfile", extensions,
                    "-out", certificate], check=True, capture_output=True)
    certificate.write_bytes(certificate.read_bytes() + ca[0].read_bytes())
    request.unlink()
    extensions.unlink()


def execute(config: Path, sections: dict, listeners: list[dict], appservices: list[str]) -> None:
    """Writes the configuration and becomes peyk. Does not return."""
    if appservices:
        sections = dict(sections, appservices={"files": appservices})
    peyk_config.write(config, peyk_config.merged(peyk_config.TEST_DEFAULTS, sections), listeners)
    program = Path(os.environ.get("PEYK", ROOT / "build/release/peyk"))
    if not program.exists():
        sys.exit(f"launch: {program} is not there; ./run.sh --build makes it")
    os.execv(program, [str(program), "serve", "--config", str(config)])
