from hypothesis import settings

# A shared machine may stall for a while at any example; that is no fault of the example.
settings.register_profile("whygrad", deadline=None)
settings.load_profile("whygrad")
