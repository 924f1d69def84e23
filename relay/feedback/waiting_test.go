package feedback

import (
	"maps"
	"slices"
	"testing"
)

// An account counts as having feedback until a sweep that began after the last publication
// finds none.
func TestWaitingAccounts(t *testing.T) {
	var w waiting
	want := func(name string, changed <-chan struct{}, told bool, accounts ...string) <-chan struct{} {
		t.Helper()
		got, next := w.get()
		if all := slices.Sorted(maps.Keys(got)); !slices.Equal(all, accounts) {
			t.Errorf("%s: got %v, want %v", name, all, accounts)
		}
		select {
		case <-changed:
			if !told {
				t.Errorf("%s: told of a change", name)
			}
		default:
			if told {
				t.Errorf("%s: not told of a change", name)
			}
		}
		return next
	}
	changed := want("at first", nil, false)
	w.add("bank")
	changed = want("published", changed, true, "bank")
	w.add("bank")
	changed = want("published again", changed, false, "bank")
	w.begin()
	w.add("shop") // while the round looks
	w.end([]string{"bank"})
	changed = want("found", changed, true, "bank", "shop")
	w.begin()
	w.end([]string{"bank", "cafe"})
	changed = want("one found, one not, one new", changed, true, "bank", "cafe")
	w.begin()
	w.add("bank") // after the round looked at its queue
	w.end(nil)
	changed = want("published during the round", changed, true, "bank")
	w.wake()
	changed = want("woken", changed, true, "bank")
	w.begin()
	w.end(nil)
	changed = want("nothing found", changed, true)
	w.begin()
	w.end(nil)
	want("nothing found again", changed, false)
}
