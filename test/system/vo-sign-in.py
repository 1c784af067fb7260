"""What astronomers' programs do with releases that are not public: pyvo with a token finds, cuts, and runs jobs.

Usage: vo-sign-in.py BASE_URL TOKEN. Prints one line a step, and fails at the first that goes wrong.
"""

import io
import sys
import time
import warnings

import astropy.units as u
import requests
from astropy.io import fits
from pyvo.auth import AuthSession, securitymethods
from pyvo.dal.adhoc import DatalinkQuery, DatalinkResults, SodaQuery
from pyvo.dal.exceptions import DALQueryError
from pyvo.dal.sia2 import SIAService
from pyvo.dal.tap import AsyncTAPJob

warnings.simplefilter("ignore")
base, token = sys.argv[1:]
circle = (59.09 * u.deg, -52.811 * u.deg, 0.003 * u.deg)


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")
    print(f"ok: {what}")


def search(session):
    # pyvo 1.4 forgets the service's session for the search.
    return SIAService(base, session=session).search(pos=circle, maxrec=50, session=session)


def try_all(session, how):
    images = search(session)
    check(len(images) >= 1, f"{how}: SIA2 finds {len(images)} images")
    check({row["data_rights"] for row in images} == {"secure"}, f"{how}: that one has to sign in for")
    image = next(row for row in images if "/g" in row["obs_publisher_did"])
    # Not image.getdatalink() and image.processed(): pyvo 1.4 asks for these without the session.
    links = DatalinkResults.from_result_url(image["access_url"], session=session)
    rows = links.to_table()
    check(set(rows["link_auth"]) == {"true"} and all(rows["link_authorized"]), f"{how}: DataLink says that it may")
    soda = links.get_adhocservice_by_ivoid("ivo://ivoa.net/std/SODA#sync-1.0")
    cutout = SodaQuery.from_resource([links[0]], soda, session=session, circle=circle).execute_stream().read()
    with fits.open(io.BytesIO(cutout)) as hdus:
        hdus.verify("exception")
        check(hdus[0].data.size > 100, f"{how}: SODA cuts {hdus[0].data.shape}")
    form = {"ID": image["obs_publisher_did"], "CIRCLE": "59.09 -52.811 0.003", "PHASE": "RUN"}
    made = session.post(f"{base}/async", data=form, allow_redirects=False)
    job = AsyncTAPJob(made.headers["Location"], session=session)
    for _ in range(100):
        if job.phase in ("COMPLETED", "ERROR", "ABORTED"):
            break
        time.sleep(0.1)
    check(job.phase == "COMPLETED", f"{how}: a job is {job.phase}")
    result = session.get(job.result_uris[0] if hasattr(job, "result_uris") else job.results[0].href)
    check(result.status_code == 200 and result.content[:6] == b"SIMPLE", f"{how}: its result is there")
    nobody = requests.get(made.headers["Location"])
    check(nobody.status_code == 404, f"{how}: for others it is not")
    job.delete()
    return image


check(len(search(requests.Session())) == 0, "without a token nothing is found")

session = requests.Session()
session.headers["Authorization"] = f"Bearer {token}"
image = try_all(session, "Session with the header")
did = image["obs_publisher_did"]

refused = requests.get(f"{base}/sync", params={"ID": did, "CIRCLE": "59.09 -52.811 0.003"})
check(refused.status_code == 401 and "Bearer realm" in refused.headers["WWW-Authenticate"], "/sync asks for a token")
links = DatalinkResults.from_result_url(f"{base}/links?ID=" + requests.utils.quote(did)).to_table()
check(len(links) == 1 and links["link_auth"][0] == "true" and not links["link_authorized"][0], "DataLink says that it may not")
check(links["error_message"][0].startswith("DefaultFault"), "and why")

bad = requests.Session()
bad.headers["Authorization"] = "Bearer rct_unknown"
try:
    DatalinkQuery(f"{base}/links", id=did, session=bad).execute()
    sys.exit("FAILED: a token that is not known was taken")
except DALQueryError as error:
    check("Cannot use the token" in str(error), f"pyvo shows why a token is refused: {error}")

# AuthSession asks /capabilities how to sign in. Tokens are not named there, so the session with one is its plain way.
negotiating = AuthSession()
negotiating.update_from_capabilities(SIAService(base).capabilities)
negotiating.credentials.set(securitymethods.ANONYMOUS, session)
try_all(negotiating, "AuthSession")
print("done")
