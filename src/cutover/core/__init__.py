"""Pure computation: frames and values in, frames and values out; nothing here opens a connection or a file."""
