package account

import "testing"

// A range has the numbers of its length from Low to High; a prefix also longer ones.
func TestAddressRangeHas(t *testing.T) {
	plain, prefix := AddressRange{Low: "1200", High: "1399"}, AddressRange{Low: "1200", High: "1399", Prefix: true}
	name := AddressRange{Low: "bank", High: "bank"}
	for _, tt := range []struct {
		r    AddressRange
		addr string
		want bool
	}{
		{plain, "1200", true},
		{plain, "1300", true},
		{plain, "1399", true},
		{plain, "1199", false},
		{plain, "1400", false},
		{plain, "120", false},
		{plain, "12000", false},
		{plain, "", false},
		{prefix, "1200", true},
		{prefix, "1399", true},
		{prefix, "12000", true},
		{prefix, "13999999", true},
		{prefix, "11999", false},
		{prefix, "14000", false},
		{prefix, "139", false},
		{name, "bank", true},
		{name, "banks", false},
		{name, "ban", false},
	} {
		if got := tt.r.Has(tt.addr); got != tt.want {
			t.Errorf("%+v has %q: got %t, want %t", tt.r, tt.addr, got, tt.want)
		}
	}
}
