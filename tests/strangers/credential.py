#!/usr/bin/env python3
"""Reads a credential with other people's tools: zbarimg for the picture, PyPI `cwt` (3.x) for COSE and CWT.

    python3 tests/strangers/credential.py JWKS_FILE PNG_FILE_OR_TEXT

Nothing of ours is used but the published key set. Exit code 0 when the credential is verified and a damaged
copy of it is refused, 1 otherwise. Needs `pip install cwt` and, for a picture, Debian's zbar-tools.
"""

import base64
import json
import subprocess
import sys

import cwt
from cwt import COSEKey

BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
PREFIX = "TV1:"


def text_of(argument):
    """The text itself, or what zbarimg reads from the picture."""
    if argument.startswith(PREFIX):
        return argument
    command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", argument]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    if len(lines) != 1:
        raise ValueError(f"{len(lines)} QR codes in the picture, expected one")
    print(f"zbarimg: {len(lines[0])} characters")
    return lines[0]


def base45_decode(text):
    """RFC 9285."""
    digits = [BASE45.index(character) for character in text]
    data = bytearray()
    for start in range(0, len(digits), 3):
        group = digits[start : start + 3]
        value = sum(digit * 45**place for place, digit in enumerate(group))
        data += value.to_bytes(len(group) - 1, "big")
    return bytes(data)


def keys_of(path):
    """The set's keys that may vouch for credentials."""
    with open(path, encoding="utf-8") as file:
        jwks = json.load(file)
    keys = []
    for jwk in jwks["keys"]:
        if jwk["purpose"] != "credential" or jwk["state"] == "compromised":
            continue
        kid = base64.urlsafe_b64decode(jwk["kid"] + "=" * (-len(jwk["kid"]) % 4))
        standard = {member: jwk[member] for member in ("kty", "crv", "x", "use", "alg")}
        # A JWK's kid is text and a COSE kid is bytes; `cwt` would take the text's own bytes.
        keys.append(COSEKey.new({**COSEKey.from_jwk(standard).to_dict(), 2: kid}))
    return jwks["issuer"], keys


def is_refused(data, keys):
    try:
        cwt.decode(data, keys)
    except Exception:
        return True
    return False


def main(jwks_file, credential):
    issuer, keys = keys_of(jwks_file)
    text = text_of(credential)
    if not text.startswith(PREFIX):
        raise ValueError(f"the text does not start with {PREFIX}")
    data = base45_decode(text[len(PREFIX) :])
    claims = cwt.decode(data, keys)
    if claims[1] != issuer:
        raise ValueError(f"issued by {claims[1]}, the key set is of {issuer}")
    status = claims[65535]["status_list"]
    print(f"cwt {cwt.__version__}: signature holds; issuer {claims[1]}, audience {claims[3]},")
    print(f"  voucher {claims[7].hex()}, valid {claims[5]} to {claims[4]}, status {status['uri']}#{status['idx']}")
    print(f"  {claims[-70001][5]} hours, {claims[-70001][6]} kopecks")
    for position in (len(data) // 2, len(data) - 1):
        damaged = bytearray(data)
        damaged[position] ^= 1
        if not is_refused(bytes(damaged), keys):
            raise ValueError(f"a copy damaged at byte {position} was accepted")
    print("damaged copies refused")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], sys.argv[2])
    except Exception as error:
        print(f"FAILED: {type(error).__name__}: {error}")
        sys.exit(1)
    print("OK")
