package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMedian(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   float64
	}{
		{"one", []float64{3}, 3},
		{"odd count, unsorted", []float64{9, 1, 5}, 5},
		{"even count", []float64{4, 1, 3, 2}, 2.5},
		{"an outlier moves nothing", []float64{1, 1, 1, 1, 1000}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := slices.Clone(tt.values)
			if got := median(tt.values); got != tt.want {
				t.Errorf("median(%v) = %v, want %v", tt.values, got, tt.want)
			}
			if !slices.Equal(tt.values, before) {
				t.Errorf("median reordered its argument %v to %v", before, tt.values)
			}
		})
	}
}

// TestMedianSplitsInHalf: half of the values are on either side of the median.
func TestMedianSplitsInHalf(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		values := make([]float64, 1+random.IntN(20))
		for i := range values {
			values[i] = float64(random.IntN(10))
		}
		m, below, above := median(values), 0, 0
		for _, v := range values {
			if v < m {
				below++
			}
			if v > m {
				above++
			}
		}
		if below > len(values)/2 || above > len(values)/2 {
			t.Fatalf("median(%v) = %v: %d below, %d above", values, m, below, above)
		}
	}
}

func TestMiddleHalf(t *testing.T) {
	tests := []struct {
		values    []float64
		low, high float64
	}{
		{[]float64{3}, 3, 3},
		{[]float64{3, 1, 2}, 1, 3},
		{[]float64{5, 1, 4, 2, 3}, 2, 4},
		{[]float64{8, 7, 6, 5, 4, 3, 2, 1}, 3, 6},
	}
	for _, tt := range tests {
		if low, high := middleHalf(tt.values); low != tt.low || high != tt.high {
			t.Errorf("middleHalf(%v) = %v, %v; want %v, %v", tt.values, low, high, tt.low, tt.high)
		}
	}
}

func TestPairedRatio(t *testing.T) {
	// A machine that was four times slower in the second round doesn't change the
	// ratio, though it would change that of the means.
	slow := []float64{2, 8, 2.2}
	fast := []float64{1, 4, 1}
	if got := pairedRatio(slow, fast); math.Abs(got-2) > 1e-9 {
		t.Errorf("pairedRatio(%v, %v) = %v, want 2", slow, fast, got)
	}
}
