package session

import "testing"

func TestStore(t *testing.T) {
	store := NewStore()
	store.Put("t", "ann")
	if name, known := store.Get("t"); !known || name != "ann" {
		t.Fatalf("got %q, %v", name, known)
	}
	if _, known := store.Get("u"); known {
		t.Fatal("an unknown token is known")
	}
}
