// The page that the server gives out: a host of the same module.
import { localModel } from './model'
import whygrad from './widget'

whygrad.initialize()
whygrad.render({ model: localModel(), el: document.getElementById('whygrad')! })
