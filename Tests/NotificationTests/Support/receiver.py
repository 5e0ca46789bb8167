"""A webhook's receiver that fails as it is told.

receiver.py LOG ADDRESS PLAN [CERTIFICATE KEY]

ADDRESS is a port of 127.0.0.1 (0: any) or the path of a Unix socket. PLAN says what becomes of the requests in their order,
joined by commas; those behind it are answered with 200. Each request is a line of LOG, written before it is answered; the
first line has the port.
"""
import json, os, socket, ssl, sys, threading, time

log_path, address, plan = sys.argv[1:4]
plan = [step for step in plan.split(",") if step]
lock = threading.Lock()


def note(entry):
    with lock, open(log_path, "a") as log:
        log.write(json.dumps(entry) + "\n")


def answer(stream, status, headers="", body=b"{}"):
    stream.sendall(f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)


def serve(stream):
    try:
        reader = stream.makefile("rb")
        while True:
            line = reader.readline()
            if not line:
                return
            headers = []
            while (header := reader.readline()) not in (b"\r\n", b""):
                name, _, value = header.decode("latin-1").partition(":")
                headers.append([name, value.strip()])
            length = int(dict((n.lower(), v) for n, v in headers).get("content-length", 0))
            body = reader.read(length)
            with lock:
                step = plan.pop(0) if plan else "200"
            note({"line": line.decode().strip(), "headers": headers, "body": body.decode(), "step": step})
            if step == "hang":
                time.sleep(60)
            elif step == "close":
                return
            elif step == "half":
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                return
            elif step == "slow":
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while True:
                    stream.sendall(b".")
                    time.sleep(0.05)
            elif step == "endless":
                stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                while True:
                    stream.sendall(b"." * 65536)
            elif step == "garbage":
                stream.sendall(b"\x00\xff\x1b]0;title\x07 this is no HTTP\r\n\r\n")
                return
            elif step == "302":
                answer(stream, 302, "Location: http://127.0.0.1:1/elsewhere\r\n")
            elif step == "429":
                answer(stream, 429, "Retry-After: 2\r\n")
            else:
                answer(stream, int(step))
    except OSError:
        pass
    finally:
        stream.close()


if address.isdigit():
    listener = socket.create_server(("127.0.0.1", int(address)))
else:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
context = None
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
note({"port": listener.getsockname()[1] if address.isdigit() else 0})
while True:
    stream, _ = listener.accept()

    def talk(stream=stream):
        try:
            serve(context.wrap_socket(stream, server_side=True) if context else stream)
        except OSError:
            note({"failed": "handshake"})

    threading.Thread(target=talk, daemon=True).start()
