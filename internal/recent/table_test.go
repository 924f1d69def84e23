package recent

import "testing"

func TestTable(t *testing.T) {
	tab := newTable[int](8) // two places: even keys, and odd ones
	if _, ok := tab.get(2); ok {
		t.Error("an empty table has a value")
	}
	for key := uint64(2); key <= 8; key += 2 {
		tab.put(key, int(key))
	}
	tab.put(2, 20) // the newest now
	tab.put(1, 1)
	tab.put(10, 10)
	for key, want := range map[uint64]int{1: 1, 2: 20, 6: 6, 8: 8, 10: 10} {
		if got, ok := tab.get(key); !ok || got != want {
			t.Errorf("%d: got %d, %t, want %d", key, got, ok, want)
		}
	}
	if got, ok := tab.get(4); ok {
		t.Errorf("4: got %d, want it forgotten", got)
	}
	tab.put(0, 0)
	if got, ok := tab.get(0); !ok || got != 0 {
		t.Errorf("0: got %d, %t, want 0", got, ok)
	}
	tab.drop(0)
	tab.drop(4)
	if got, ok := tab.get(0); ok {
		t.Errorf("0: got %d, want it dropped", got)
	}
	if n := testing.AllocsPerRun(100, func() { tab.put(7, 7); tab.get(7) }); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
