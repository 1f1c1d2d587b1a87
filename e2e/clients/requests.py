# Reads signing requests (a JSON list of texts on standard input) by what Magnum reads them with, and prints which of them
# it would sign: a JSON list of booleans.
import json
import sys

from cryptography import x509


def taken(text):
    try:
        request = x509.load_pem_x509_csr(text.encode())
        x509.CertificateBuilder().subject_name(request.subject).public_key(request.public_key())
        list(request.extensions)
    except ValueError:
        return False
    return True


print(json.dumps([taken(text) for text in json.load(sys.stdin)]))
