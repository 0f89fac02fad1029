"""The only place that imports torch: real modules from graphs, and their figures beside ours."""
