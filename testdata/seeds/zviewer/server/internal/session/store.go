// Package session keeps who is signed in.
package session

import "sync"

// Store maps tokens to names. Its methods may be called at the same time.
type Store struct {
	mu    sync.RWMutex
	names map[string]string
}

// NewStore is an empty store.
func NewStore() *Store { return &Store{names: map[string]string{}} }

// Put remembers a token.
func (s *Store) Put(token, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[token] = name
}

// Get is the name behind a token.
func (s *Store) Get(token string) (string, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	name, known := s.names[token]
	return name, known
}
