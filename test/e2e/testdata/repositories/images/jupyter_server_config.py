c.ServerApp.open_browser = False
