"""How the processes of a service are put together: what it is made of, its API, its workers."""
