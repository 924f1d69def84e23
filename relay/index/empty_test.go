package index

import (
	"testing"

	"readback/relay/journal/journaltest"
)

// An index that is emptied has no row any more, not even one that was only staged.
func TestEmptyForgetsStagedRows(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	l.write(journaltest.AcceptedAt(p, "id"))
	if l.entry(p) == nil {
		t.Fatal("the entry is not there")
	}
	if err := l.ix.empty(); err != nil {
		t.Fatal(err)
	}
	if err := l.ix.writeStaged(); err != nil {
		t.Fatal(err)
	}
	if e := l.entry(p); e != nil {
		t.Errorf("entry: got %+v, want none", e)
	}
	each := l.ix.EachRow(func(key, _ []byte) bool {
		t.Errorf("row %x is there", key)
		return true
	})
	if each != nil {
		t.Error(each)
	}
}
