"""The version of the package, on the lowest floor so that every room may write it beside its results."""

VERSION = "0.2.0"
