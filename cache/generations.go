package cache

// A generations is a cache of loaded groups: when the young generation is full, it
// replaces the old one, which is dropped.
type generations struct {
	young, old map[groupID]*group
	size       int // of the young generation, in bytes
}

// maxGeneration is in bytes, enough for the digests of about 60,000 files.
const maxGeneration = 3 << 20

func (l *generations) get(id groupID) *group {
	g := l.young[id]
	if g == nil {
		if g = l.old[id]; g != nil {
			l.put(id, g)
		}
	}
	return g
}

func (l *generations) put(id groupID, g *group) {
	if l.young == nil || l.size > maxGeneration {
		l.old, l.young, l.size = l.young, map[groupID]*group{}, 0
	}
	l.young[id] = g
	l.size += g.size()
}

// drop removes a group that was changed by us or others.
func (l *generations) drop(id groupID) {
	delete(l.young, id)
	delete(l.old, id)
}
