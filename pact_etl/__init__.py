"""Partners Against Chronic Truancy: from district attendance files to approved letters and outcome metrics."""
