"""What astronomers' programs do with the service: pyvo finds images, links and cutouts, and runs jobs.

Usage: vo-client.py BASE_URL. Prints one line a step, and fails at the first that goes wrong.
"""

import io
import sys
import time
import warnings
import zipfile

import astropy.units as u
import numpy as np
import pyvo
import requests
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from pyvo.dal.adhoc import DatalinkResults
from pyvo.dal.sia2 import SIAService
from pyvo.dal.tap import AsyncTAPJob
from pyvo.io.uws import parse_job_list

warnings.simplefilter("ignore")
base = sys.argv[1]
ra, dec, radius = 59.09, -52.811, 0.003


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")
    print(f"ok: {what}")


def open_cutout(data, what):
    """The file is whole, and the position lies in the middle of its image."""
    with fits.open(io.BytesIO(data)) as hdus:
        hdus.verify("exception")
        image = next(hdu for hdu in hdus if hdu.data is not None)
        x, y = WCS(image.header).world_to_pixel(SkyCoord(ra, dec, unit="deg"))
        height, width = image.data.shape
        middle = abs(x - (width - 1) / 2) < 2 and abs(y - (height - 1) / 2) < 2
        check(middle and np.isfinite(image.data).all(), f"{what}: astropy reads {width} x {height} pixels about the position")
        return image.data


# SIA2 → DataLink → SODA
images = SIAService(base).search(pos=(ra * u.deg, dec * u.deg, radius * u.deg), maxrec=50)
check(len(images) >= 1, f"SIA2 finds {len(images)} images")
image = next(row for row in images if "/g" in row["obs_publisher_did"])
links = image.getdatalink()
check(any(link.semantics == "#this" for link in links), "DataLink names the file itself")
circle = (ra * u.deg, dec * u.deg, radius * u.deg)
by_search = open_cutout(image.processed(circle=circle).read(), "SODA by the descriptor of the search")
direct = requests.get(f"{base}/sync", params={"ID": image["obs_publisher_did"], "CIRCLE": f"{ra} {dec} {radius}"})
check(np.array_equal(by_search, open_cutout(direct.content, "the same by hand")), "both are the same pixels")
soda = links.get_adhocservice_by_ivoid("ivo://ivoa.net/std/SODA#sync-1.0")
check(soda is not None, "DataLink describes SODA")
listed = DatalinkResults.from_result_url(f"{base}/links?ID=" + requests.utils.quote(image["obs_publisher_did"]))
check(len(listed) >= 1, "DataLink by its address")

# UWS, as TAP's client speaks it
made = requests.post(f"{base}/async", data={"ID": "des_sample", "CIRCLE": [f"{ra} {dec} {radius}"], "FILTER": ["g", "r"]})
job = AsyncTAPJob(made.url)
check(job.phase == "PENDING", "a new job is PENDING")
job.run().wait(timeout=60)
check(job.phase == "COMPLETED", "WAIT returns when the job is done")
check(len(job.result_uris) == 2, "two bands are two results")
for uri in job.result_uris:
    open_cutout(requests.get(uri).content, f"result {uri.rsplit('/', 1)[-1]}")
bad = AsyncTAPJob(requests.post(f"{base}/async", data={"CIRCLE": f"{ra} {dec} {radius}"}).url)
bad.run()
bad.wait(timeout=30)
why = requests.get(f"{bad.url}/error").text
check(bad.phase == "ERROR" and why.startswith("UsageError: "), "a job without ID is in ERROR, and says why")
job.delete()
check(requests.get(made.url).status_code == 404, "a deleted job is gone")
parse_job_list(io.BytesIO(requests.get(f"{base}/async").content))
check(True, "pyvo reads the job list")

# A list of positions: as VOTable, as astropy writes it
table = Table({"name": ["a", "b", "nowhere"], "RAJ2000": [ra, ra + 0.001, 200.0], "DEJ2000": [dec, dec, 45.0], "note": ["x", "y,z", "w"]})
table["RAJ2000"].unit = table["DEJ2000"].unit = u.deg
upload = io.BytesIO()
table.write(upload, format="votable")
made = requests.post(
    f"{base}/async",
    data={"ID": "des_sample", "FILTER": "g", "SIZE": "0.3", "ID_COLUMN": "name", "PHASE": "RUN"},
    files={"UPLOAD": ("list.xml", upload.getvalue(), "application/x-votable+xml")},
)
check(made.status_code == 200, f"the list is taken {made.text if made.status_code != 200 else ''}")
deadline = time.time() + 60
while requests.get(f"{made.url}/phase").text not in ("COMPLETED", "ERROR", "ABORTED"):
    check(time.time() < deadline, "the job moves") if time.time() >= deadline else time.sleep(0.2)
manifest = Table.read(requests.get(f"{made.url}/manifest.csv").text, format="ascii.csv")
check(len(manifest) == 3, "the manifest has a line for each row")
with zipfile.ZipFile(io.BytesIO(requests.get(f"{made.url}/results/all.zip").content)) as archive:
    check(archive.testzip() is None, "the archive is whole")
    files = [name for name in archive.namelist() if name.endswith(".fits")]
    check(len(files) == 2, "two rows have a file; the one beside the survey has none")
    open_cutout(archive.read(sorted(files)[0]), files[0])
print("done")
