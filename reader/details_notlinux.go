//go:build unix && !linux

package reader

import "golang.org/x/sys/unix"

// Details looks at a file in the directory, by the directory's rule.
func (d *Dir) Details(name string) (Details, error) {
	var st unix.Stat_t
	err := ignoringEINTR(func() error {
		switch {
		case d.isBeneath():
			return d.statBeneath(name, &st)
		case d.followsNoLinks():
			return d.statWithoutLinks(name, &st)
		}
		return unix.Fstatat(d.dirfd(), name, &st, 0)
	})
	if err != nil {
		return Details{}, err
	}
	return detailsOf(&st), nil
}
