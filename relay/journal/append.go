package journal

func Append(dst []byte, r *Record) []byte {
	switch r.Kind {
	case KindStart:
		return AppendStart(dst, r)
	case KindStop:
		return AppendStop(dst, r.At)
	case KindHead:
		return AppendHead(dst, &r.Place.Conv, r.Bound)
	case KindAccepted:
		return AppendAccepted(dst, r, r.Account)
	case KindReceipt:
		return AppendReceipt(dst, r)
	case KindRead:
		return AppendRead(dst, r)
	case KindCut:
		return AppendCut(dst, r)
	case KindMerge:
		return AppendMerge(dst, CutPart{r.PartSeq, string(r.Cut.First), r.Place.Day}, r.Notes)
	case KindOptOut:
		return AppendOptOut(dst, r)
	case KindErase:
		return AppendErase(dst, &r.Place.Conv.Receiver, r.At)
	case KindReported:
		return AppendReported(dst, r)
	case KindPublished:
		return AppendPublished(dst, r.Seq, r.Index)
	case KindRoute:
		return AppendRoute(dst, r.Place.Day, r.Account, r.MessageID)
	}
	return AppendFed(dst, r.Seq, r.Index)
}
