"""One use case per module, callable from the command line, from a task and from a test alike."""
