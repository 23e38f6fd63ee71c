"""Records in and out of files: imports with dry run and undo, exports."""
