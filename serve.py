import sys
from pathlib import Path
import uvicorn
from whygrad.app.server import create_app
uvicorn.run(create_app('flow', static=Path('/tmp/site')), port=8765, log_level='warning')
