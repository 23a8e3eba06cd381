"""`python -m pact_etl.installation.recorded RECORD COMMAND...`: write this process down, then run.

Recording first and becoming the command second leaves no instant in which it runs and nobody knows.
"""

import os
import sys
from pathlib import Path

from pact_etl.installation.processes import write_record

if __name__ == "__main__":
    write_record(Path(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
