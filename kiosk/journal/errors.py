"""Why a journal cannot be used.

JournalError            anything below; carries the fault's code and a sentence
├── JournalBusy         another process writes it; names that process
├── JournalBroken       there is none, or it is another program's or a newer kiosk's
│   └── JournalDamaged  the file is damaged or its chain does not verify
└── JournalFailed       the disk refused a commit; the process ends, the commit is never retried
"""

from kiosk.domain.fault import FaultError


class JournalError(FaultError):
    """Something is wrong with the journal; `trouble` has the code and the sentence."""


class JournalBusy(JournalError):
    """Another process holds the journal."""


class JournalBroken(JournalError):
    """The file is none that this version can read."""


class JournalDamaged(JournalBroken):
    """What is in the file is not what was written."""


class JournalFailed(JournalError):
    """The disk refused."""
