package fdlimit

import "golang.org/x/sys/unix"

// openRoot has the flags that allow any user to open "/".
const openRoot = unix.O_PATH | unix.O_CLOEXEC
