"""Ask a running Minsk Watch whether it works: the container's health check, and `python main.py health`.

Standard library only and no import from the project, so that `python -S -I web/probe.py` answers at once. The address
comes from MINSK_HTTP__HOST and MINSK_HTTP__PORT, else from the configuration file, else it is 127.0.0.1:8080.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import tomllib


def address(config: str = "config.toml") -> tuple[str, int]:
    """Host and port to ask; an address that means "all" is asked on loopback. Raises ValueError for a wrong port."""
    try:
        with open(config, "rb") as file:
            section = tomllib.load(file).get("http", {})
    except (OSError, ValueError):  # that it is no TOML, or no text, `check` says
        section = {}
    section = section if isinstance(section, dict) else {}
    host = os.environ.get("MINSK_HTTP__HOST") or section.get("host", "127.0.0.1")
    port = os.environ.get("MINSK_HTTP__PORT") or section.get("port", 8080)
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(str(host), str(host)), int(port)  # noqa: S104 - compared, not bound


def ask(host: str, port: int, timeout: float = 4.0) -> tuple[bool, str]:
    """Whether the program works, and a sentence for people."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        body = answer.read(65536)
    except (OSError, http.client.HTTPException) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        return False, f"no answer from {host}:{port} ({reason}); is the program running, and is http.port right?"
    finally:
        connection.close()
    try:
        text = ", ".join(f"{key}: {value}" for key, value in json.loads(body).items() if key != "ok")
    except (ValueError, AttributeError, RecursionError):
        told = f"{host}:{port} answers, but not as Minsk Watch does (HTTP {answer.status})"
        return False, f"{told}; another program has that port: is http.port right?"
    return answer.status == 200, f"{'healthy' if answer.status == 200 else 'not healthy'} ({text})"


def main(config: str = "config.toml") -> int:
    try:
        host, port = address(config)
    except (ValueError, TypeError):
        print("http.port is no number; correct it in the configuration, or MINSK_HTTP__PORT.")
        return 1
    good, text = ask(host, port)
    print(text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
