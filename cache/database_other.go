//go:build !linux

package cache

// Elsewhere it isn't known which file systems' timestamps are to be believed: see
// reader.FileSystem. So there is no database either.
type database struct{ path string }

func openDatabase(string) (*database, error) { return nil, ErrUnsupported }

func (*database) load(groupID) (*group, error) { return nil, ErrUnsupported }

func (*database) store([]key, map[key]entry) error { return ErrUnsupported }

func (*database) close() error { return ErrUnsupported }
