//go:build !linux || (!amd64 && !arm64)

package cache

// On systems other than Linux it isn't known which file systems' timestamps are to be
// believed: see reader.FileSystem. So there is no database either, nor on processors
// on which nobody has tried it.
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
