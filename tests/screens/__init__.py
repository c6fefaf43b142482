"""The pictures of the window: the app they are taken of, its songs, what is done before each."""
