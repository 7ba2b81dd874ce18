"""Puts images into a containerd as the kubelet looks for them."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from typing import IO, TYPE_CHECKING, Final, cast

from rehearsal.errors import RehearsalError
from rehearsal.images import oci

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rehearsal.images.blobs import BlobStore
    from rehearsal.images.oci import Image

_NAMESPACE: Final = ("--namespace", "k8s.io")


def missing(ctr: Sequence[str], images: Sequence[Image]) -> list[Image]:
    """Those of the images that this containerd has not, or has with other content under the same name."""
    listed = subprocess.run([*ctr, *_NAMESPACE, "images", "ls"], capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        raise RehearsalError(f"containerd does not list its images: {listed.stderr.strip()}")
    # A line is: name, media type, digest, size, platforms, labels.
    present = {tuple(line.split()[:3:2]) for line in listed.stdout.splitlines()[1:]}
    return [image for image in images if (image.name, image.manifest.digest) not in present]


def load(ctr: Sequence[str], images: Sequence[Image], store: BlobStore) -> None:
    """Stream the images into containerd and unpack them there.

    ``DamagedBlobError`` where a blob turns out to be damaged: then nothing was added.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [*ctr, *_NAMESPACE, "images", "import", "-"],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        stream = cast("IO[bytes]", process.stdin)
        try:
            # A broken pipe: containerd has given up and has said why.
            with contextlib.suppress(BrokenPipeError):
                oci.write_archive(images, store, stream)
        except BaseException:
            process.kill()
            raise
        finally:
            with contextlib.suppress(BrokenPipeError):
                stream.close()
            process.wait()
        if process.returncode != 0:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise RehearsalError(f"containerd does not take the images: {lines[-1] if lines else process.returncode}")
