package reader

import "golang.org/x/sys/unix"

// Details looks at a file in the directory, by the directory's rule.
func (d *Dir) Details(name string) (Details, error) {
	var st unix.Stat_t
	if err := d.statByOpening(name, &st); err != nil {
		return Details{}, err
	}
	return detailsOf(&st), nil
}
