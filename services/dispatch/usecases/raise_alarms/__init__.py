"""From a press to an order, step by step; each step is a file.

`take` handles a batch together or apart. `batch` is one transaction: `copies` finds what is new, `prepare`
decides whose it is (`verify`) and where it belongs, `keep_apart` says which unverified presses may join,
`open_incidents` opens and orders, `join` adds further presses, and `persist` writes all the rest.
"""
