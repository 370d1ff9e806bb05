"""What the claims about speed, memory and quality are measured with, peers beside us."""
