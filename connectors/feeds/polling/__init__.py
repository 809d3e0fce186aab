"""When feeds are asked, what an answer comes to, what is remembered, and how feeds are doing."""
