package reader

import "golang.org/x/sys/unix"

// Details looks at a file in the folder, by the folder's rule.
func (d *Folder) Details(name string) (Details, error) {
	fd, err := d.openAt(name, unix.O_PATH|unix.O_CLOEXEC)
	if fd < 0 {
		return Details{}, err
	}
	defer unix.Close(fd)
	f := File{handle: handle(fd)}
	return f.Details()
}
