package account

// AddressRange is addresses that belong to an account: numbers of one length from
// Low to High; with Prefix also longer ones that begin so; or one name.
type AddressRange struct {
	Low, High string
	Prefix    bool
}

// Has reports whether the normalised address belongs to the range.
func (r AddressRange) Has(addr string) bool {
	if r.Prefix && len(addr) > len(r.Low) {
		addr = addr[:len(r.Low)]
	}
	return len(addr) == len(r.Low) && r.Low <= addr && addr <= r.High
}
