"""Tables and plots. They read saved results only; this is the one folder that imports matplotlib."""
