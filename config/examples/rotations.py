# %% [markdown]
# # What rotated, and what came of it
#
# Cells for Jupyter, VS Code or plain Python. `monitor.open()` reads the configured database and writes nothing;
# `monitor.open("sqlite:////var/lib/monitor/monitor.db")` or a PostgreSQL address names another one.

# %%
import pandas as pd

import monitor

m = monitor.open()

# %% [markdown]
# Every figure of every sector at each full hour. Times are closes of intervals, UTC; units stand in the names and in
# `attrs["units"]`; what is unknown is NaN.

# %%
sectors = m.sectors(every="1h")
print(sectors.groupby("sector")[["market_cap_usd", "share_fraction", "return_24h_fraction"]].last())
print(sectors.attrs["units"]["net_flow_24h_usd"])

# %% [markdown]
# The share of the watched market that two sectors had, and the hour in which the first had lost most to the second.

# %%
pair = ("ai-agents", "memes")
shares = m.shares(pair, every="1h")
lead = shares["memes_share_fraction"] - shares["ai-agents_share_fraction"]
turn = lead.diff(24).idxmax()
print(f"largest turn in 24 h: {100 * lead.diff(24).max():+.1f} pp until {turn:%Y-%m-%d %H:%M} UTC")

# %% [markdown]
# Rotations as they stand now, with what came after: the simple return of *to* over *from* 24 and 72 hours later.

# %%
rotations = m.rotations()
columns = [
    "from_sector",
    "to_sector",
    "status",
    "severity",
    "score",
    "outcome_24h_relative_return_fraction",
]
print(rotations.sort_values("detected_at")[columns])
held = rotations["outcome_24h_held"].dropna()
print(f"{held.sum()} of {len(held)} that are 24 h old went on")

# %% [markdown]
# Why the strongest was flagged: each condition against its bound, when it was flagged and in the hours before.

# %%
if not rotations.empty:
    strongest = rotations["peak_score"].idxmax()
    print(m.explain(strongest))
    detected = rotations.loc[strongest, "detected_at"]
    seen = m.conditions(*pair, since=detected - pd.Timedelta(hours=12), until=detected)
    print(seen["met"].unstack("condition").tail() if len(seen) else seen.attrs["empty_because"])

# %%
m.close()
