package lanestest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

// rates tests that each kernel has a plausible rate on each family that can run it, and
// none on others.
func (s Suite[W]) rates(t *testing.T) {
	for _, k := range s.Algorithm.Kernels {
		for _, f := range lanes.Families() {
			rate := k.Rates.On(f)
			has := f != lanes.AVX2Only || k.Needs&lanes.AVX512 == 0
			if has && !(rate > 0.01 && rate < 100) || !has && rate != 0 {
				t.Errorf("%s on %v: a rate of %v", k.Name, f, rate)
			}
		}
	}
}

// eachSubset calls test with every set of kernels that a processor of some family could
// have, also with PSHA1SUM_DISABLE.
func (s Suite[W]) eachSubset(test func(set lanes.Set[W], kernels []lanes.Kernel[W])) {
	all := s.Algorithm.Kernels
	for bits := 1; bits < 1<<len(all); bits++ {
		var names []string
		var kernels []lanes.Kernel[W]
		for i, k := range all {
			if bits>>i&1 != 0 {
				names = append(names, k.Name)
				kernels = append(kernels, k)
			}
		}
		for _, f := range lanes.Families() {
			set := s.Algorithm.All().Only(strings.Join(names, ","))
			if on := set.On(f); slices.Equal(on.Names(), set.Names()) {
				test(on, kernels)
			}
		}
	}
}

// choices tests that for every set of kernels, family and number of busy lanes the
// fastest combination is chosen, and that it stays within the columns.
func (s Suite[W]) choices(t *testing.T) {
	s.eachSubset(func(set lanes.Set[W], kernels []lanes.Kernel[W]) {
		f, most := set.Family(), set.Lanes()
		least := leastTimes(kernels, f)
		for busy := 1; busy <= most; busy++ {
			plan := set.Plan(busy)
			time, columns := s.timeOf(plan, f)
			best := least[busy][lanes.MaxLanes]
			switch {
			case !isAmong(plan, kernels):
				t.Fatalf("%v on %v, %d lanes: not all of %q are there", set, f, busy, plan)
			case columns < busy || columns > lanes.MaxLanes:
				t.Fatalf("%v on %v, %d lanes: %q take %d columns", set, f, busy, plan, columns)
			case !equal(time, best):
				t.Fatalf("%v on %v, %d lanes: %q take %v, the fastest %v", set, f, busy, plan, time, best)
			case !equal(set.Rate(busy), float64(busy)/time):
				t.Fatalf("%v on %v, %d lanes: %q have a rate of %v, not %v", set, f, busy, plan, float64(busy)/time, set.Rate(busy))
			case set.Rate(busy) > set.Rate(most)*(1+tolerance):
				t.Fatalf("%v on %v: %d lanes are hashed faster than %d", set, f, busy, most)
			}
		}
	})
}

// leastTimes returns, by busy lanes and available columns, the least time that kernels
// take per byte of each lane.
func leastTimes[W lanes.Word](kernels []lanes.Kernel[W], f lanes.Family) (least [lanes.MaxLanes + 1][lanes.MaxLanes + 1]float64) {
	for busy := 1; busy <= lanes.MaxLanes; busy++ {
		for columns := range lanes.MaxLanes + 1 {
			least[busy][columns] = math.Inf(1)
			for _, k := range kernels {
				if k.Lanes <= columns {
					rest := least[max(busy-k.Lanes, 0)][columns-k.Lanes]
					least[busy][columns] = min(least[busy][columns], float64(k.Lanes)/k.Rates.On(f)+rest)
				}
			}
		}
	}
	return least
}

// timeOf returns how long the kernels of plan take on family f per byte of each lane,
// and how many columns they use.
func (s Suite[W]) timeOf(plan []string, f lanes.Family) (time float64, columns int) {
	for _, name := range plan {
		k := s.Algorithm.Kernels[slices.IndexFunc(s.Algorithm.Kernels, func(k lanes.Kernel[W]) bool { return k.Name == name })]
		time += float64(k.Lanes) / k.Rates.On(f)
		columns += k.Lanes
	}
	return time, columns
}

func isAmong[W lanes.Word](plan []string, kernels []lanes.Kernel[W]) bool {
	for _, name := range plan {
		if !slices.ContainsFunc(kernels, func(k lanes.Kernel[W]) bool { return k.Name == name }) {
			return false
		}
	}
	return true
}

// Times are rounded to a millionth.
const tolerance = 1e-4

func equal(a, b float64) bool { return math.Abs(a-b) <= tolerance*max(a, b) }

// conservative bounds the loss on an unknown processor that is in fact like a known
// one, when kernels are chosen by the rates of Unknown. The log has the losses with
// each family's rates.
func (s Suite[W]) conservative(t *testing.T) {
	const most = 1.7
	for _, chooser := range lanes.Families() {
		loss, where := s.worst(chooser)
		t.Logf("by the rates of %v: %.2f times the time at worst, %s", chooser, loss, where)
		if chooser == lanes.Unknown && loss > most {
			t.Errorf("an unknown processor may take %.2f times the time, %s", loss, where)
		}
	}
}

// worst returns the largest ratio of the time that batches take, with kernels chosen by
// chooser's rates, to the best time on the processor's own family, over all known
// families with and without SHA-NI.
func (s Suite[W]) worst(chooser lanes.Family) (worst float64, where string) {
	for _, f := range lanes.Families() {
		if f == lanes.Unknown || chooser == lanes.AVX2Only && f != chooser {
			continue
		}
		for _, without := range []string{"", "shani"} {
			set := s.Algorithm.All().On(f).Without(without)
			chosen := set.On(chooser)
			for busy := 1; busy <= min(set.Lanes(), chosen.Lanes()); busy++ {
				plan := chosen.Plan(busy)
				time, _ := s.timeOf(plan, f)
				if loss := set.Rate(busy) * time / float64(busy); loss > worst {
					worst, where = loss, fmt.Sprintf("with %d lanes on %v: %q", busy, f, plan)
				}
			}
		}
	}
	return worst, where
}

// families tests digests of batches of any size with the kernels chosen as on each
// family.
func (s Suite[W]) families(t *testing.T) {
	source := noise(40<<10, 12)
	for _, f := range lanes.Families() {
		t.Run(f.String(), func(t *testing.T) {
			set := s.Algorithm.Available().On(f)
			for streams := 1; streams <= 2*lanes.MaxLanes+1; streams++ {
				for _, mixed := range []bool{false, true} {
					messages := make([]message[W], streams)
					for i := range messages {
						messages[i].data = source[i : i+2000]
						if mixed {
							messages[i].data = source[i : i+(1013*i+streams)%3000]
						}
					}
					h := lanes.New(set)
					h.Blocks(s.lanes(messages))
					s.check(t, messages)
					if mixed || streams > set.Lanes() {
						continue
					}
					if used, plan := h.Used(), set.Only(strings.Join(set.Plan(streams), ",")); used != plan {
						t.Errorf("%d streams: used %v, not %v", streams, used, plan)
					}
				}
			}
		})
	}
}
