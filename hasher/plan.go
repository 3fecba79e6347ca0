package hasher

// A plan splits what is ready over idle workers. It remembers what it computed.
type plan struct {
	rate func(streams int) float64 // of a batch, on one worker
	best [][]split                 // by workers, then by streams
}

// A split is what the first of several workers takes of a number of streams,
// and the rate that all of them reach together if the rest is split as well.
type split struct {
	first int
	rate  float64
}

// maxPlanned bounds the workers that are planned for; more than that are never
// idle at once for long.
const maxPlanned = 16

// first returns how many of n streams the first of some idle workers takes, at
// most lanes, so that the sum of the workers' rates is highest.
func (p *plan) first(n, workers, lanes int) int {
	if workers == 1 || n >= workers*lanes {
		return min(n, lanes)
	}
	workers = min(workers, maxPlanned)
	return p.split(min(n, workers*lanes), workers, lanes).first
}

func (p *plan) split(n, workers, lanes int) split {
	for len(p.best) < workers {
		p.best = append(p.best, p.next(lanes))
	}
	return p.best[workers-1][n]
}

// next computes the splits for one worker more than there are rows.
func (p *plan) next(lanes int) []split {
	row := make([]split, maxPlanned*lanes+1)
	for n := 1; n < len(row); n++ {
		for first := 1; first <= min(n, lanes); first++ {
			rate := p.rate(first) + p.rest(n-first)
			if rate > row[n].rate {
				row[n] = split{first, rate}
			}
		}
	}
	return row
}

// rest is the best rate of those that the last row was computed for.
func (p *plan) rest(n int) float64 {
	if len(p.best) == 0 {
		return 0
	}
	return p.best[len(p.best)-1][n].rate
}
