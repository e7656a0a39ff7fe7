"""Microsoft Advertising's REST API v13, its sign-in and its files of reports.

- `server`: requests, faults, and who may. - `oauth`: sign-in. - `errors`: as it writes them.
- `campaigns`: accounts and campaigns. - `reports`: orders and files.
"""
