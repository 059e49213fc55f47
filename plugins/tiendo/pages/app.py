"""The app that Airflow serves under ``/tiendo``."""

from fastapi import FastAPI

from tiendo.pages import acts, approval, bodies, data_api, drafts, files, handbook, indicators, room, rules, search
from tiendo.pages.frame import guard

app = FastAPI(title="Tiendo", openapi_url=None)
guard(app)
app.include_router(drafts.router)
app.include_router(approval.router)
app.include_router(acts.router)
app.include_router(room.router)
app.include_router(handbook.router)
app.include_router(files.router)
app.include_router(bodies.router)
app.include_router(search.router)
app.include_router(indicators.router)
app.include_router(rules.router)
app.include_router(data_api.router)
