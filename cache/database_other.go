//go:build !linux || (!amd64 && !arm64)

package cache

// On systems other than Linux it is unknown which file systems' timestamps can be
// trusted: see filestate.FileSystem. The database is also untested on other processors
// than amd64 and arm64.
type database struct{}

func openDatabase(*place) (*database, error) { return nil, ErrUnsupported }

type place struct{}

func findPlace(string) (*place, error) { return nil, ErrUnsupported }

func (*place) path() string { return "" }

func (*place) close() {}

func (*database) load(groupID) (*group, error) { return nil, ErrUnsupported }

func (*database) part(key) (part, bool, error) { return part{}, false, ErrUnsupported }

func (*database) storeParts(map[key]part) error { return ErrUnsupported }

func (*database) store([]key, map[key]entry) error { return ErrUnsupported }

func (*database) close() error { return ErrUnsupported }
