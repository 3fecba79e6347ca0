package fdlimit

import "golang.org/x/sys/unix"

// openRoot is how to open "/" so that anybody may.
const openRoot = unix.O_PATH | unix.O_CLOEXEC
