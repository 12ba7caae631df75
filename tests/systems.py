"""What can be made on the platforms, as mapping files are checked against it."""

import connectors

GAINSIGHT = connectors.platforms()["gainsight"].platform
