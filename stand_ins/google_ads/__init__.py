"""A stand-in for Google Ads: gRPC with TLS from the library's own messages, and OAuth over HTTP."""
