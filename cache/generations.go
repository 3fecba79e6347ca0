package cache

// A generations is what was loaded lately: as much as there is room for, twice. When
// the younger one is full the older one is forgotten.
type generations struct {
	young, old map[groupID]*group
	size       int // of the younger one, in bytes
}

// maxGeneration is about the digests of 60,000 files.
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

// drop forgets what others, or we, have changed.
func (l *generations) drop(id groupID) {
	delete(l.young, id)
	delete(l.old, id)
}
